"""The stations of a visit: the lists of departments, and the way of a patient through them."""
