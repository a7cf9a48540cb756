"""The open document and its undoable edits."""
