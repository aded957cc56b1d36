namespace Pentode.Daemon.Services;

/// <summary>Why a daemon did not start.</summary>
/// <param name="ExitCode">One of <see cref="Services.ExitCode"/>.</param>
/// <param name="Message">One line that names what is at fault.</param>
public sealed record StartFailure(int ExitCode, string Message);
