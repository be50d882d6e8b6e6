"""Caffe's networks of real numbers, and their conversion to q7: `prototxt` and `caffemodel`."""
