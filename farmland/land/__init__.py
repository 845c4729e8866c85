"""On what land a patch lies: layers of land cut along patches, and what rules say of each part."""
