# A login user's terminal: takes the names of commands from a FIFO and runs them in this very shell.
# $1: the terminal's directory. Started by room.pl through su, hence after a login.
# Variables are prefixed because they share the shell with the article's commands.
__ensayar_dir=$1
set --
BASH_ARGV0=-bash
export LANG=C.UTF-8 PAGER=cat SYSTEMD_PAGER= COLUMNS=120 TERM=dumb
# As in the reader's shell: aliases, and jobs with process groups of their own.
shopt -s expand_aliases
set -m
# bash leaves its loops when a child dies of SIGINT, unless it traps the signal.
trap : INT
__ensayar_last=0
__ensayar_result() { return "$__ensayar_last"; }
echo $$ >"$__ensayar_dir/pid"
# Opened for both: after a quick command the writer may still have its end open, and a reader would see the end.
while IFS= read -r __ensayar_token <>"$__ensayar_dir/in"; do
  __ensayar_command=$(<"$__ensayar_dir/$__ensayar_token.cmd")
  # $? is what the command before left, as in a terminal.
  __ensayar_result
  eval "$__ensayar_command" </dev/null >>"$__ensayar_dir/$__ensayar_token.out" 2>&1
  __ensayar_last=$?
  echo "$__ensayar_last" >"$__ensayar_dir/$__ensayar_token.status"
done 2>/dev/null
