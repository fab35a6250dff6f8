"""What somebody else wrote, beside what is found: graphs, arrays, networks, tasks, and the bundled exams."""
