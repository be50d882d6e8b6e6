"""MAX_POOL_2D_Q7 is not swept."""

WHY_NOT = "no .tflite holds it: it is an operator of the networks of OpenMV and Caffe"
