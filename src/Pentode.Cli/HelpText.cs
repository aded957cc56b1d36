using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Pentode.Cli;

/// <summary>The library's help, then the examples of the command and where to read on.</summary>
internal sealed class HelpText : SynchronousCommandLineAction
{
    private readonly HelpAction _inner;

    public HelpText(HelpAction inner)
    {
        _inner = inner;
    }

    public override int Invoke(ParseResult parseResult)
    {
        var result = _inner.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is DocumentedCommand command)
            output.WriteLine("Examples:\n" + command.Examples);
        else if (parseResult.CommandResult.Command is RootCommand)
            output.WriteLine("'pentode COMMAND --help' tells more of each command. Exit codes: 0 done, 1 failed, 2 usage, 3 configuration, 4 cannot listen, 5 cannot open an export.");
        return result;
    }
}
