namespace Pentode.Nfs.Server;

/// <summary>What makes two calls of a client the same one sent twice.</summary>
/// <param name="Xid">Number the client gave it.</param>
/// <param name="Program">Program.</param>
/// <param name="Version">Version.</param>
/// <param name="Procedure">Procedure.</param>
/// <param name="Hash">Over user and arguments.</param>
internal readonly record struct ReplyKey(uint Xid, uint Program, uint Version, uint Procedure, ulong Hash);
