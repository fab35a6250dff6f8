"""Small changes that mend a formula."""
