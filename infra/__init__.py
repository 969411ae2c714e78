"""What surrounds the product: migrations, simulators, demonstration data, local servers, load. Never imported by it."""
