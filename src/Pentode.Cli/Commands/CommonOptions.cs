using System.CommandLine;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;

namespace Pentode.Cli.Commands;

/// <summary>Options every command takes; they win over the configuration file.</summary>
internal sealed class CommonOptions
{
    private readonly Option<string?> _engine = new("--engine") { Description = "I/O engine: ring (io_uring), portable (epoll and threads) or auto, the default: ring where the kernel allows it.", Recursive = true, HelpName = "ENGINE" };
    private readonly Option<int?> _loops = new("--loops") { Description = "Number of loops; one per processor by default.", Recursive = true, HelpName = "N" };
    private readonly Option<string[]> _trace = new("--trace") { Description = "Log every request of a protocol, 9p, nbd or nfs, with its outcome and time; may be repeated.", Recursive = true, HelpName = "PROTOCOL" };
    private readonly Option<string?> _logLevel = new("--log-level") { Description = "Least level that is logged: debug, info, warning, error or none; info by default.", Recursive = true, HelpName = "LEVEL" };
    private readonly Option<string?> _logFormat = new("--log-format") { Description = "text or json; text by default.", Recursive = true, HelpName = "FORMAT" };

    private readonly Option<string?> _control = new("--control")
    {
        Description = "Control socket; by default $XDG_RUNTIME_DIR/pentode.sock, or /run/pentode.sock as root.", Recursive = true, HelpName = "SOCKET",
    };

    public CommonOptions()
    {
        UsageProblems.RequireWord(_engine, "auto", "ring", "portable");
        UsageProblems.RequireWord(_trace, [.. LogConfiguration.Traceable]);
        UsageProblems.RequireWord(_logFormat, "text", "json");
        _trace.Validators.Add(result =>
        {
            if (result.GetResult(_logLevel)?.Tokens is [{ Value: "warning" or "error" or "none" }])
                result.AddError("--trace writes lines of level info: it needs --log-level info or debug");
        });
        UsageProblems.RequireWord(_logLevel, "debug", "info", "warning", "error", "none");
        UsageProblems.RequireNumber(_loops, 1, 1024);
    }

    /// <summary>Adds all of them.</summary>
    public void AddTo(Command command)
    {
        Option[] options = [_engine, _loops, _trace, _logLevel, _logFormat, _control];
        foreach (var option in options)
            command.Options.Add(option);
    }

    /// <summary>The control socket asked for, or the default one.</summary>
    public string Control(ParseResult parsed) => parsed.GetValue(_control) ?? DaemonConfiguration.DefaultControlSocket;

    /// <summary>The configuration with what the command line says.</summary>
    public DaemonConfiguration Apply(ParseResult parsed, DaemonConfiguration configuration)
    {
        var log = configuration.Log;
        if (parsed.GetValue(_logLevel) is { } level)
            log = log with { Level = Enum.Parse<LogLevel>(level, ignoreCase: true) };
        if (parsed.GetValue(_logFormat) is { } format)
            log = log with { IsJson = format == "json" };

        // A trace is lines of level info: asking for one shows them whatever the file says.
        if (parsed.GetValue(_trace) is { Length: > 0 } trace)
            log = log with { Trace = trace, Level = log.Level > LogLevel.Info ? LogLevel.Info : log.Level };
        return configuration with
        {
            Engine = configuration.Engine with
            {
                Kind = parsed.GetValue(_engine) ?? configuration.Engine.Kind,
                Loops = parsed.GetValue(_loops) ?? configuration.Engine.Loops,
            },
            Log = log,
            ControlSocket = parsed.GetValue(_control) ?? configuration.ControlSocket,
        };
    }
}
