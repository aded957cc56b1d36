using System.CommandLine;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Locks;

/// <summary><c>pentode locks break DOMAIN/NAME</c>.</summary>
internal static class LocksBreakCommand
{
    private const string Examples = """
          pentode locks break jobs/nightly
          pentode locks break --force jobs/nightly
        """;

    public static Command Create(CommonOptions common)
    {
        var name = new Argument<string>("DOMAIN/NAME") { Description = LockPath.Help };
        var force = new Option<bool>("--force") { Description = "Take it away from a node that is alive as well." };
        var end = new DocumentedCommand("break", "Takes a lock away from those who have it and makes their tokens stale.", Examples) { name, force };
        end.SetAction(async (parsed, _) =>
        {
            var path = parsed.GetValue(name)!;
            if (!LockPath.IsValid(path))
                return await UsageProblems.RefuseAsync($"'{path}' is not a lock: DOMAIN/NAME").ConfigureAwait(false);
            using var answer = await LockControl.AskAsync(common.Control(parsed), new LocksRequest("break", Lock: path, Force: parsed.GetValue(force))).ConfigureAwait(false);
            return answer is null ? ExitCode.Failure : ExitCode.Ok;
        });
        return end;
    }
}
