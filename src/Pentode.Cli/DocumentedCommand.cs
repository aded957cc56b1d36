using System.CommandLine;

namespace Pentode.Cli;

/// <summary>A command whose help ends with examples.</summary>
internal sealed class DocumentedCommand : Command
{
    /// <summary>Creates it; <paramref name="examples"/> are complete command lines, each indented by two spaces.</summary>
    public DocumentedCommand(string name, string description, string examples)
        : base(name, description)
    {
        Examples = examples;
    }

    /// <summary>Command lines to copy.</summary>
    public string Examples { get; }
}
