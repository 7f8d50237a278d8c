# A command in a terminal of its own. $1: the directory of its files, $2: where it runs (may be empty).
__ensayar_dir=$1 __ensayar_where=$2
set --
BASH_ARGV0=-bash
export LANG=C.UTF-8 PAGER=cat SYSTEMD_PAGER= COLUMNS=120 TERM=dumb
exec </dev/null >>"$__ensayar_dir/out" 2>&1
echo $$ >"$__ensayar_dir/pid"
if [[ $__ensayar_where ]]; then cd -- "$__ensayar_where" || exit; fi
eval "$(<"$__ensayar_dir/cmd")"
