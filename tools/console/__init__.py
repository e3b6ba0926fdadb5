"""Tools of the console's page: its front-end library, its pictures, its bench."""
