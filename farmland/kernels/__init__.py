"""How a number is made: numba loops, numpy in and numpy out; they know no rule and no parcel."""
