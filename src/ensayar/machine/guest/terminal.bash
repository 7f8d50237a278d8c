# Sourced as the first line of a login user's terminal. The terminal is a bash that reads from a FIFO into
# which room.pl writes two lines per command: one that runs it, one that notes its status. So commands run at
# the top level of this very shell, outside of any loop or function, and one that is interrupted, with all
# that stands in its line, leaves the note to the next line.
# Names are prefixed because they share the shell with the article's commands.
BASH_ARGV0=-bash
export LANG=C.UTF-8 PAGER=cat SYSTEMD_PAGER= COLUMNS=120 TERM=dumb
# As in the reader's shell: aliases, jobs with process groups of their own, and Ctrl-C does not end it.
shopt -s expand_aliases
set -m
trap : INT
__ensayar_last=0
# $? is what the command before left, as in a terminal.
__ensayar_result() { return "$__ensayar_last"; }
