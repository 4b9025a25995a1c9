"""What people read: the coverage report as HTML and Markdown."""
