namespace Pentode.Daemon.Services;

/// <summary>What the process ends with; documented in docs/reference/exit-codes.md.</summary>
public static class ExitCode
{
    /// <summary>Done, or stopped by a signal after draining.</summary>
    public const int Ok = 0;

    /// <summary>Failed while running.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The configuration is wrong.</summary>
    public const int Configuration = 3;

    /// <summary>An address cannot be listened on.</summary>
    public const int CannotListen = 4;

    /// <summary>An export cannot be opened.</summary>
    public const int CannotOpenExport = 5;
}
