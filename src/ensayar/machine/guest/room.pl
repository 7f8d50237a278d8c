# The guest's half of the machine room. perl-base is essential on Debian, so nothing is installed for it.
#
#   room.pl terminal USER TOKEN OFFSET TIMEOUT   command on stdin; runs it in USER's terminal, once per TOKEN:
#                                                called again, it goes on with the output from OFFSET
#   room.pl exec TIMEOUT COMMAND                 a shell of its own, as root; stdin is the command's
#   room.pl background ID USER DIRECTORY         command on stdin; returns when it has started
#   room.pl interrupt ID TIMEOUT                 Ctrl-C there; ends when it has ended
#   room.pl put PATH OWNER GROUP MODE            content on stdin
#   room.pl get PATH
#
# Loading a module costs tenths of a second under emulation, so POSIX is loaded where a login is made only.
# Output goes to stdout as it comes; the last line on stderr is “@@ensayar RESULT”.
use strict;
use warnings;

my $BASE = '/run/ensayar';
my $POLL = 0.02;
my $WNOHANG = 1;
my $TICKS = 100;    # USER_HZ, the same on every architecture of Debian's

sub result { print STDERR "\n\@\@ensayar $_[0]\n"; exit 0 }

sub spit {
    my ($path, $content) = @_;
    open(my $file, '>', "$path.new") or die "$path: $!";
    print $file $content;
    close($file) or die "$path: $!";
    rename("$path.new", $path) or die "$path: $!";
}

sub slurp {
    my ($path) = @_;
    open(my $file, '<', $path) or return undef;
    local $/;
    my $content = <$file>;
    return $content;
}

# Monotonic; Time::HiRes is not in perl-base.
sub now { return (split ' ', slurp('/proc/uptime'))[0] }

# A process apart from this session of ssh that runs `su - USER` and notes how it ended. su may leave the shell
# in our process group; setsid gives it one of its own, for Ctrl-C to be aimed at. --wait: where the shell leads a
# group already, setsid forks, and su must not take that for its end.
sub login {
    my ($dir, $user, $first, @script) = @_;    # with $first: no script, the shell reads from $dir/in
    require POSIX;
    my $quoted = join ' ', map { my $word = $_; $word =~ s/'/'\\''/g; "'$word'" } 'bash', @script;
    my $pid = fork() // die "fork: $!";
    if ($pid) { waitpid($pid, 0); return }
    POSIX::setsid();
    exit 0 if fork() // die "fork: $!";
    $SIG{$_} = 'IGNORE' for 'HUP', 'INT';
    # Held open for as long as the shell lives, so that its script has no end.
    my $script;
    if (defined $first) {
        open($script, '+<', "$dir/in") or die "in: $!";
        syswrite($script, $first);
    }
    open(STDIN, '<', '/dev/null');
    open(STDOUT, '>>', "$dir/login");
    open(STDERR, '>&', \*STDOUT);
    my $su = fork() // die "fork: $!";
    if (!$su) {
        $SIG{$_} = 'DEFAULT' for 'HUP', 'INT', 'QUIT', 'TERM', 'PIPE';
        chdir '/';
        $ENV{TERM} = 'dumb';
        exec 'su', '-', $user, '-c', "exec setsid --wait $quoted" . (defined $first ? " <$dir/in" : '') or POSIX::_exit(127);
    }
    waitpid($su, 0);
    spit("$dir/ended", $? & 127 ? 128 + ($? & 127) : $? >> 8);
    exit 0;
}

sub make_dir {
    my ($dir, $user) = @_;
    mkdir $BASE;
    $dir =~ m{^(.*)/} and mkdir $1;
    mkdir $dir, 0700 or die "$dir: $!";
    my (undef, undef, $uid, $gid) = getpwnam($user);
    chown $uid, $gid, $dir if defined $uid;
}

# Until a login shell has said its number, or has ended without.
sub await_shell {
    my ($dir, $until) = @_;
    while (!-s "$dir/pid") {
        return 0 if -e "$dir/ended";
        result('timeout') if now() > $until;
        select(undef, undef, undef, $POLL);
    }
    return 1;
}

sub refused {
    my ($dir) = @_;
    print slurp("$dir/login") // '';
    my $status = slurp("$dir/ended") // 1;
    system('rm', '-rf', $dir);
    result("exit $status");
}

# All processes: number => [parent, seconds since boot at its start].
sub processes {
    my %all;
    for my $path (glob '/proc/[0-9]*/stat') {
        my $stat = slurp($path) // next;
        my ($pid, $rest) = $stat =~ /^(\d+) \(.*\) (.*)/s or next;
        my @field = split ' ', $rest;
        $all{$pid} = [$field[1], $field[19] / $TICKS];
    }
    return %all;
}

# Number => seconds since boot at its start.
sub descendants {
    my ($root) = @_;
    my %all = processes();
    my (@found, %child);
    push @{ $child{ $all{$_}[0] } }, $_ for keys %all;
    my @next = @{ $child{$root} // [] };
    while (defined(my $pid = shift @next)) {
        push @found, $pid;
        push @next, @{ $child{$pid} // [] };
    }
    return map { ($_ => $all{$_}[1]) } @found;
}

# Copy what $out has gained to stdout until $done->() is true, or $until has come.
sub follow {
    my ($out, $done, $until) = @_;
    my $wait = $POLL;
    $| = 1;
    while (1) {
        my $finished = $done->();
        my $gained = 0;
        while (my $count = sysread($out, my $buffer, 65536)) {
            print $buffer;
            $gained = 1;
        }
        return 1 if $finished;
        return 0 if now() > $until;
        $wait = $gained ? $POLL : $wait < 0.2 ? $wait * 1.2 : 0.2;
        select(undef, undef, undef, $wait);
    }
}

sub terminal {
    my ($user, $token, $offset, $timeout) = @_;
    my $until = now() + $timeout;
    my $dir = "$BASE/terminals/$user";
    if (!-e "$dir/$token.cmd") {
        my $command = do { local $/; <STDIN> };
        if (-e "$dir/ended" || !-s "$dir/pid" || !kill(0, slurp("$dir/pid") + 0)) {
            system('rm', '-rf', $dir) if -e $dir;
            make_dir($dir, $user);
            system('mkfifo', "$dir/in") == 0 or die "mkfifo $dir/in";
            my (undef, undef, $uid, $gid) = getpwnam($user);
            chown $uid, $gid, "$dir/in" if defined $uid;
            login($dir, $user, ". $BASE/terminal.bash; echo \$\$ >$dir/pid; exec 2>/dev/null\n");
            refused($dir) unless await_shell($dir, $until);
        }
        unlink glob "$dir/*.cmd $dir/*.out $dir/*.status $dir/*.since";
        spit("$dir/$token.since", now());
        spit("$dir/$token.out", '');
        spit("$dir/$token.cmd", $command);
        chown((stat $dir)[4], -1, "$dir/$token.out", "$dir/$token.cmd");
        open(my $in, '>', "$dir/in") or die "in: $!";
        syswrite($in, run_line("$dir/$token"));
        close $in;
    }
    open(my $out, '<', "$dir/$token.out") or die "$token: $!";
    sysseek($out, $offset, 0);
    my $finished = sub { (slurp("$dir/$token.status") // '') =~ /\n/ || -e "$dir/ended" };
    if (!follow($out, $finished, $until)) {
        stop_command($dir, $token, $finished);
        follow($out, sub { 1 }, 0);
        result('timeout');
    }
    my $status = slurp("$dir/$token.status") // '';
    result("exit $1") if $status =~ /^(\d+)\n/;
    result('exit ' . slurp("$dir/ended"));
}

# What the shell reads: see terminal.bash. Shorter than PIPE_BUF, hence written at once.
sub run_line {
    my ($path) = @_;
    my $e = '__ensayar';
    return "${e}_command=\$(<$path.cmd); ${e}_result; eval \"\$${e}_command\" </dev/null >>$path.out 2>&1\n"
      . "${e}_last=\$?; echo \"\$${e}_last\" >$path.status\n";
}

# Ctrl-C, then less politely; the shell itself only if nothing else helps.
sub stop_command {
    my ($dir, $token, $finished) = @_;
    my $shell = slurp("$dir/pid") + 0;
    my $since = slurp("$dir/$token.since") - 1 / $TICKS;
    my @signals = (('INT') x 5, ('TERM') x 10, ('KILL') x 60);
    my $idle = 0;
    for my $signal (@signals) {
        my %now = descendants($shell);
        my @mine = grep { $now{$_} >= $since } keys %now;
        last if !@mine && ++$idle > 25;    # the shell itself is at it, since 5 s
        kill $signal, @mine;
        for (1 .. 10) {
            return if $finished->();
            select(undef, undef, undef, $POLL);
        }
    }
    kill 'KILL', $shell;
    for (1 .. 250) {
        return if -e "$dir/ended";
        select(undef, undef, undef, $POLL);
    }
}

sub execute {
    my ($timeout, $command) = @_;
    my $until = now() + $timeout;
    mkdir $BASE;
    my $path = "$BASE/exec-$$";
    open(my $made, '>>', $path) or die "$path: $!";
    open(my $out, '<', $path) or die "$path: $!";
    unlink $path;
    my $pid = fork() // die "fork: $!";
    if (!$pid) {
        setpgrp(0, 0);
        open(STDOUT, '>&', $made);
        open(STDERR, '>&', $made);
        # What a login would have read: the host's proxy may be in there.
        for (split /\n/, slurp('/etc/environment') // '') {
            $ENV{$1} = $2 if /^\s*(?:export\s+)?(\w+)=["']?(.*?)["']?\s*$/;
        }
        @ENV{qw(LANG PAGER SYSTEMD_PAGER COLUMNS TERM)} = ('C.UTF-8', 'cat', '', 120, 'dumb');
        exec 'bash', '-c', $command or die "bash: $!";
    }
    close $made;
    my $status;
    my $finished = sub { $status = $? if !defined $status && waitpid($pid, $WNOHANG) == $pid; defined $status };
    if (!follow($out, $finished, $until)) {
        for my $signal (('TERM') x 5, ('KILL') x 5) {
            my %found = descendants($pid);
            kill $signal, -$pid, keys %found;
            for (1 .. 10) { $finished->() and last; select(undef, undef, undef, $POLL) }
            last if $finished->();
        }
        follow($out, sub { 1 }, 0);
        result('timeout');
    }
    result('exit ' . ($status & 127 ? 128 + ($status & 127) : $status >> 8));
}

sub background {
    my ($id, $user, $where) = @_;
    my $dir = "$BASE/background/$id";
    my $command = do { local $/; <STDIN> };
    make_dir($dir, $user);
    my $owner = (stat $dir)[4];
    spit("$dir/$_->[0]", $_->[1]), chown $owner, -1, "$dir/$_->[0]" for ['cmd', $command], ['out', ''];
    login($dir, $user, undef, "$BASE/background.bash", $dir, $where // '');
    if (!await_shell($dir, now() + 60)) {
        spit("$dir/out", slurp("$dir/login") // '');
    }
    result('exit 0');
}

sub interrupt {
    my ($id, $timeout) = @_;
    my $dir = "$BASE/background/$id";
    my $until = now() + $timeout;
    my $shell = (slurp("$dir/pid") // 0) + 0;
    result('exit 0') if !$shell || -e "$dir/ended";
    kill 'INT', -$shell;
    while (!-e "$dir/ended") {
        if (now() > $until) {
            kill 'KILL', -$shell;
            result('timeout');
        }
        select(undef, undef, undef, $POLL);
    }
    result('exit 0');
}

sub put {
    my ($path, $owner, $group, $mode) = @_;
    (my $parent = $path) =~ s{/[^/]*$}{};
    result('directory') unless -d ($parent || '/');
    result('isdir') if -d $path;
    my $uid = $owner =~ /^\d+$/ ? $owner : getpwnam($owner);
    result('owner') unless defined $uid;
    my $gid = $group =~ /^\d+$/ ? $group : getgrnam($group);
    result('group') unless defined $gid;
    # In place, as an editor does: links are followed, and what watches the file keeps watching it.
    umask 0077;
    open(my $file, '>:raw', $path) or result("error $!");
    chown $uid, $gid, $file or result("error $!");
    chmod oct($mode), $file or result("error $!");
    while (sysread(STDIN, my $buffer, 65536)) { print $file $buffer or result("error $!") }
    close $file or result("error $!");
    result('exit 0');
}

sub get {
    my ($path) = @_;
    result('missing') unless -e $path;
    result('isdir') if -d $path;
    open(my $file, '<:raw', $path) or result("error $!");
    while (sysread($file, my $buffer, 65536)) { print $buffer }
    result('exit 0');
}

my %do = (
    terminal => \&terminal, exec => \&execute, background => \&background,
    interrupt => \&interrupt, put => \&put, get => \&get,
);
umask 0022;
my $what = shift @ARGV;
$do{$what}->(@ARGV);
