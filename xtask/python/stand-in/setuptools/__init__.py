"""Stands in for setuptools while pip downloads a package's sources, which are not built then."""
