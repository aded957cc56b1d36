namespace Pentode.Rings.Server;

/// <summary>Why a server did not start: one line in the words of iouringd, without its name in front.</summary>
/// <param name="Message">The line.</param>
/// <param name="IsAboutSocket">The socket is at fault, not the ring.</param>
public sealed record RingsStartFailure(string Message, bool IsAboutSocket = false);
