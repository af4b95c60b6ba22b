"""What keys do: each class offers its actions by the ids of their keys."""
