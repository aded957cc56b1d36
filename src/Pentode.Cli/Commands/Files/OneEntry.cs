using Pentode.Core;

namespace Pentode.Cli.Commands.Files;

/// <summary>A made-up directory with the one entry a copy begins with.</summary>
internal sealed class OneEntry(ICopySource source) : ICopyDirectory
{
    public Task<Result<List<CopyName>>> NextNamesAsync() => Task.FromResult<Result<List<CopyName>>>(new List<CopyName>());

    public Task<Result<ICopySource>> OpenAsync(CopyName name) => Task.FromResult(Results.Of(source));

    public void Close()
    {
    }
}
