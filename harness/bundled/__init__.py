"""Models and a labelled data set that travel with the package, and the script that makes them."""
