using Pentode.NineP.Wire;

namespace Pentode.NineP.Client;

/// <summary>An entry of a directory as the server sent it.</summary>
/// <param name="Name">Bytes of the name; not checked, see <see cref="Pentode.Files.FileName.IsValid"/>.</param>
/// <param name="Qid">Identity.</param>
/// <param name="Cookie">Offset of a Treaddir that continues after this entry.</param>
/// <param name="Kind">DT_*; 0 when the server does not know.</param>
public sealed record NinePEntry(byte[] Name, Qid Qid, ulong Cookie, byte Kind);
