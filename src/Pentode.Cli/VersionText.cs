using System.CommandLine;
using System.CommandLine.Invocation;
using Pentode.Daemon.Services;

namespace Pentode.Cli;

/// <summary><c>pentode --version</c>: name and number on one line.</summary>
internal sealed class VersionText : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine("pentode " + PentodeDaemon.Version);
        return ExitCode.Ok;
    }
}
