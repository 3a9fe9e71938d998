"""One transaction script each; the only place, with the chores, where transactions open."""
