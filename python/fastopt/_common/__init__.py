"""What everybody uses and no user sees. It knows no other room of the package."""
