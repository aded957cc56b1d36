namespace Pentode.Rings.Server;

/// <summary>Refusals that tests ask for.</summary>
public enum RingsFault
{
    None,

    /// <summary>io_uring_setup(2) fails with ENOSYS.</summary>
    SetupMissing,

    /// <summary>io_uring_setup(2) fails with EPERM.</summary>
    SetupRefused,

    /// <summary>The probe fails with EPERM.</summary>
    ProbeRefused,

    /// <summary>Every ACCEPT is refused with EINVAL.</summary>
    AcceptInvalid,
}
