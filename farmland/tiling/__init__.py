"""Where the work is: parcels as pixels, in cells and blocks of their zones, and polygons again."""
