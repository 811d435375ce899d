"""The live checker in a browser: state, access, pictures, metrics."""
