using Pentode.Core;
using Pentode.NineP.Client;
using Pentode.NineP.Wire;

namespace Pentode.Cli.Commands.Files;

/// <summary>An entry of a listing.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Qid">Its identity.</param>
/// <param name="Attributes">Its attributes, when they were asked for and <paramref name="Error"/> is none.</param>
/// <param name="Target">Target of a symbolic link.</param>
/// <param name="Error">Why there are no attributes.</param>
internal sealed record RemoteEntry(byte[] Name, Qid Qid, NinePAttributes Attributes, byte[]? Target, Errno Error)
{
    public bool IsDirectory => (Qid.Type & Qid.Directory) != 0;
}
