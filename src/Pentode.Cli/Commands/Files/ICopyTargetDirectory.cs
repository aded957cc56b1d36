using Pentode.Core;

namespace Pentode.Cli.Commands.Files;

/// <summary>A directory that is copied to. Names are single components, checked by the caller; links in the place of a name are never followed. On the loop's thread.</summary>
internal interface ICopyTargetDirectory
{
    /// <summary>Makes a directory, or takes the one that is there.</summary>
    Task<Result<ICopyTargetDirectory>> MakeDirectoryAsync(byte[] name);

    /// <summary>Makes a file for writing, or empties the one that is there.</summary>
    Task<Result<ICopyTarget>> CreateFileAsync(byte[] name);

    /// <summary>Makes a symbolic link, in the place of any file that is there.</summary>
    Task<Errno> MakeLinkAsync(byte[] name, byte[] target, CopyAttributes attributes);

    /// <summary>Gives it the attributes, once everything in it is there, and gives it back. Null attributes leave them.</summary>
    Task<Errno> FinishAsync(CopyAttributes? attributes);
}
