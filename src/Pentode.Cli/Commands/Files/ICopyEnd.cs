using Pentode.Core;

namespace Pentode.Cli.Commands.Files;

/// <summary>SRC or DST of a copy. On the loop's thread.</summary>
internal interface ICopyEnd
{
    /// <summary>As it was written.</summary>
    string Text { get; }

    /// <summary>Last name of the path; empty when it has none, as with a root.</summary>
    byte[] Name { get; }

    /// <summary>What is there, for reading; a link only with <paramref name="follow"/> leads on.</summary>
    Task<Result<ICopySource>> OpenSourceAsync(bool follow);

    /// <summary>The directory that is there, for writing; ENOENT when nothing is, ENOTDIR when something else is.</summary>
    Task<Result<ICopyTargetDirectory>> OpenTargetAsync();

    /// <summary>The directory above, for making <see cref="Name"/> in it.</summary>
    Task<Result<ICopyTargetDirectory>> OpenTargetParentAsync();

    /// <summary>Ends the connection.</summary>
    Task CloseAsync();
}
