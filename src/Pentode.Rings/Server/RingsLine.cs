namespace Pentode.Rings.Server;

/// <summary>Takes one complete line of UTF-8 with its newline; called on the thread of the server.</summary>
public delegate void RingsLine(ReadOnlySpan<byte> line);
