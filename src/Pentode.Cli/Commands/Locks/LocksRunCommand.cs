using System.CommandLine;
using System.Globalization;

namespace Pentode.Cli.Commands.Locks;

/// <summary><c>pentode locks run DOMAIN/NAME -- COMMAND</c>, after flock(1).</summary>
internal static class LocksRunCommand
{
    private const string Examples = """
          pentode locks run jobs/nightly -- /usr/local/bin/nightly
          pentode locks run -n -E 75 jobs/nightly -- backup --full
          pentode locks run -s -w 10 --on-lost term data/index -- sh -c 'echo my token is $PENTODE_LOCK_TOKEN'
        """;

    private const int LongestWait = 1_000_000;

    public static Command Create()
    {
        var name = new Argument<string>("DOMAIN/NAME") { Description = LockPath.Help };
        var command = new Argument<string[]>("COMMAND") { Description = "What to run, with its arguments.", Arity = ArgumentArity.OneOrMore };
        var shared = new Option<bool>("--shared", "-s") { Description = "Take it shared." };
        var exclusive = new Option<bool>("--exclusive", "-x") { Description = "Take it exclusive, the default." };
        var nonblock = new Option<bool>("--nonblock", "-n") { Description = "Fail at once when it is not to be had." };
        var wait = new Option<string?>("--wait", "-w") { Description = "Fail when it is not to be had within so many seconds.", HelpName = "SECONDS" };
        var code = new Option<int>("--conflict-exit-code", "-E") { Description = "Exit code when it is not to be had; 1 by default.", HelpName = "CODE", DefaultValueFactory = _ => 1 };
        var onLost = new Option<string>("--on-lost")
        {
            Description = "What happens to the command when the lock is lost: term (SIGTERM), kill (SIGKILL) or none, the default.", HelpName = "ACTION",
            DefaultValueFactory = _ => "none",
        };
        var tree = new Option<string?>("--tree") { Description = "Directory the lock tree is mounted on; found by itself.", HelpName = "DIR" };
        UsageProblems.RequireWord(onLost, "term", "kill", "none");
        UsageProblems.RequireNumber(code, 0, 255);
        wait.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(static t => Seconds(t.Value) is null))
                result.AddError($"--wait must be a number of seconds, not '{token.Value}'");
        });
        var run = new DocumentedCommand(
            "run", "Runs a command while holding a lock. It finds the fencing token in $PENTODE_LOCK_TOKEN, and the lock in $PENTODE_LOCK.", Examples)
            { name, command, shared, exclusive, nonblock, wait, code, onLost, tree };
        run.SetAction(async (parsed, cancel) =>
        {
            var path = parsed.GetValue(name)!;
            if (!LockPath.IsValid(path))
                return await UsageProblems.RefuseAsync($"'{path}' is not a lock: DOMAIN/NAME").ConfigureAwait(false);
            if (parsed.GetValue(shared) && parsed.GetValue(exclusive))
                return await UsageProblems.RefuseAsync("give either --shared or --exclusive, not both").ConfigureAwait(false);
            return await Task.Run(() => new LockRunner
            {
                Tree = parsed.GetValue(tree) ?? LockPath.FindTree(),
                Lock = path,
                Command = parsed.GetValue(command)!,
                IsShared = parsed.GetValue(shared),
                WaitMs = parsed.GetValue(nonblock) ? 0 : parsed.GetValue(wait) is { } text ? (long)(Seconds(text)!.Value * 1000) : -1,
                ConflictCode = parsed.GetValue(code),
                OnLost = parsed.GetValue(onLost)!,
            }.Run(), cancel).ConfigureAwait(false);
        });
        return run;
    }

    private static double? Seconds(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds <= LongestWait ? seconds : null;
}
