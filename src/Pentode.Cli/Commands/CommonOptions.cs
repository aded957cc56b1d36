using System.CommandLine;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;

namespace Pentode.Cli.Commands;

/// <summary>Options every command takes; they win over the configuration file.</summary>
internal sealed class CommonOptions
{
    private readonly Option<string?> _engine = new("--engine") { Description = "I/O engine: auto, ring or portable.", Recursive = true, HelpName = "ENGINE" };
    private readonly Option<int?> _loops = new("--loops") { Description = "Number of loops; one per processor by default.", Recursive = true, HelpName = "N" };
    private readonly Option<string[]> _trace = new("--trace") { Description = "Log every message of a protocol: 9p or nbd.", Recursive = true, HelpName = "PROTOCOL" };
    private readonly Option<string?> _logLevel = new("--log-level") { Description = "debug, info, warning, error or none.", Recursive = true, HelpName = "LEVEL" };

    private readonly Option<string?> _control = new("--control")
    {
        Description = "Control socket; by default $XDG_RUNTIME_DIR/pentode.sock, or /run/pentode.sock as root.", Recursive = true, HelpName = "SOCKET",
    };

    public CommonOptions()
    {
        _engine.AcceptOnlyFromAmong("auto", "ring", "portable");
        _trace.AcceptOnlyFromAmong("9p", "nbd");
        _logLevel.AcceptOnlyFromAmong("debug", "info", "warning", "error", "none");
        _loops.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > 1024)
                result.AddError("--loops must be from 1 to 1024");
        });
    }

    /// <summary>Adds all of them.</summary>
    public void AddTo(Command command)
    {
        Option[] options = [_engine, _loops, _trace, _logLevel, _control];
        foreach (var option in options)
            command.Options.Add(option);
    }

    /// <summary>The control socket asked for, or the default one.</summary>
    public string Control(ParseResult parsed) => parsed.GetValue(_control) ?? DaemonConfiguration.DefaultControlSocket;

    /// <summary>The configuration with what the command line says.</summary>
    public DaemonConfiguration Apply(ParseResult parsed, DaemonConfiguration configuration)
    {
        var trace = parsed.GetValue(_trace) ?? [];
        var level = parsed.GetValue(_logLevel) is { } text ? Enum.Parse<LogLevel>(text, ignoreCase: true) : configuration.LogLevel;
        return configuration with
        {
            Engine = configuration.Engine with
            {
                Kind = parsed.GetValue(_engine) ?? configuration.Engine.Kind,
                Loops = parsed.GetValue(_loops) ?? configuration.Engine.Loops,
            },
            Trace = trace,

            // Traces are debug lines; asking for them without a level shows them.
            LogLevel = trace.Length > 0 && parsed.GetValue(_logLevel) is null ? LogLevel.Debug : level,
            ControlSocket = parsed.GetValue(_control) ?? configuration.ControlSocket,
        };
    }
}
