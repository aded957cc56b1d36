using Pentode.Core;

namespace Pentode.Cli.Commands.Files;

/// <summary>A file that is copied to. On the loop's thread.</summary>
internal interface ICopyTarget
{
    /// <summary>Writes at an offset; may write less. The memory is pinned.</summary>
    ValueTask<Result<int>> WriteAsync(ReadOnlyMemory<byte> buffer, long offset);

    /// <summary>Gives it the attributes, makes it durable if asked, closes it. The copy is good when this returns no error.</summary>
    Task<Errno> FinishAsync(CopyAttributes attributes);

    /// <summary>Closes it and removes it if it was made here. True when it is gone.</summary>
    Task<bool> AbortAsync();
}
