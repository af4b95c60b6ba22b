"""All rooms and conversations: their order, unread messages and memory."""
