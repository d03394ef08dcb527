"""The arrays that the fast formulas write into; the formulas themselves are tested in networks."""

import numpy as np
import pytest

from nnlab._in_place import aligned


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_arrays_start_at_a_multiple_of_64_bytes_wherever_their_memory_is(dtype):
    arrays = [aligned((n, 3), np.dtype(dtype)) for n in range(1, 100)]  # all alive: other places
    for n, array in enumerate(arrays, 1):
        assert array.shape == (n, 3) and array.dtype == dtype and array.flags.c_contiguous
        assert array.ctypes.data % 64 == 0
