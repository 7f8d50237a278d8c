"""The rehearsal as a pytest session: items, order, reports and evidence."""
