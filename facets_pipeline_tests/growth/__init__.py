"""Growth: how time, memory and disk grow with the number of codes; `make growth` prints it.

Belongs here: a third code system that only tests know, files of any number of its codes, and the
real commands over them. What one machine does with one release is `bench`.
"""
