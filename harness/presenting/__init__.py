"""What people read: tables, figures, the report, exports, README's generated parts."""
