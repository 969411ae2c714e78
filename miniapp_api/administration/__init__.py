"""What administrators keep of the catalogue: hospital page, campuses, departments, practitioners, rooms, prices."""
