using Pentode.Core;

namespace Pentode.Cli.Commands.Blocks;

/// <summary>The first thing that went wrong in a copy.</summary>
/// <param name="Operation">What was done: "reading", "writing", ….</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Error">The error.</param>
internal sealed record CopyFailure(string Operation, long Offset, long Length, Errno Error);
