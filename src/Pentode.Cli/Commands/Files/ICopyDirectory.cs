using Pentode.Core;

namespace Pentode.Cli.Commands.Files;

/// <summary>A directory that is copied from. On the loop's thread.</summary>
internal interface ICopyDirectory
{
    /// <summary>The next names, "." and ".." left out; an empty list at the end.</summary>
    Task<Result<List<CopyName>>> NextNamesAsync();

    /// <summary>Looks at an entry, never following a link, and opens it when it is a regular file.</summary>
    Task<Result<ICopySource>> OpenAsync(CopyName name);

    /// <summary>Gives it back.</summary>
    void Close();
}
