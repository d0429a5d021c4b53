"""What became of people after a contact (R1, R2, D2): not taken up, asked again, told again, who answers first."""
