namespace Pentode.Rings.Server;

/// <summary>Whose rights tasks have.</summary>
public enum RingsActor
{
    /// <summary>Those of the process that connected: its user, group and supplementary groups. A server that is not root serves its own user only.</summary>
    Caller,

    /// <summary>Those of the server, whoever asks; as iouringd.</summary>
    Server,
}
