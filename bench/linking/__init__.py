"""How well and how fast names of cities are matched with GeoNames."""
