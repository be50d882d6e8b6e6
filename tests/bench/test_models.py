"""What every model must reach on any `--target`: the same file for simulator and board."""

SOFTMAX_LSB = 8  # what one LSB before a softmax can become behind it


def test_enough_inputs_are_right(bench):
    assert bench.accuracy >= 0.9


def test_reference_kernels_equal_the_host(bench, harness_case):
    if harness_case.kernel_set.id == "reference":
        assert bench.vectors_equal == bench.inputs
    else:
        assert bench.largest_difference <= SOFTMAX_LSB
