using System.CommandLine;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Locks;

/// <summary><c>pentode locks declare-dead NODE</c>.</summary>
internal static class LocksDeclareDeadCommand
{
    private const string Examples = """
          pentode locks declare-dead host7
        """;

    public static Command Create(CommonOptions common)
    {
        var node = new Argument<string>("NODE") { Description = "Name of a node that is certainly off: its locks are given to others at once." };
        var declare = new DocumentedCommand("declare-dead", "Ends the session of a node that is known to be off, without waiting for its time to run out.", Examples) { node };
        declare.SetAction(async (parsed, _) =>
        {
            using var answer = await LockControl.AskAsync(common.Control(parsed), new LocksRequest("declare-dead", Node: parsed.GetValue(node))).ConfigureAwait(false);
            return answer is null ? ExitCode.Failure : ExitCode.Ok;
        });
        return declare;
    }
}
