namespace Pentode.NineP.Wire;

/// <summary>Type byte of a 9P2000.L message. Requests are even, their answers one more.</summary>
public enum P9Type : byte
{
    /// <summary>No message.</summary>
    None = 0,

    /// <summary>Rlerror.</summary>
    Rlerror = 7,

    /// <summary>Tstatfs.</summary>
    Tstatfs = 8,

    /// <summary>Rstatfs.</summary>
    Rstatfs = 9,

    /// <summary>Tlopen.</summary>
    Tlopen = 12,

    /// <summary>Rlopen.</summary>
    Rlopen = 13,

    /// <summary>Tlcreate.</summary>
    Tlcreate = 14,

    /// <summary>Rlcreate.</summary>
    Rlcreate = 15,

    /// <summary>Tsymlink.</summary>
    Tsymlink = 16,

    /// <summary>Rsymlink.</summary>
    Rsymlink = 17,

    /// <summary>Tmknod.</summary>
    Tmknod = 18,

    /// <summary>Rmknod.</summary>
    Rmknod = 19,

    /// <summary>Trename.</summary>
    Trename = 20,

    /// <summary>Rrename.</summary>
    Rrename = 21,

    /// <summary>Treadlink.</summary>
    Treadlink = 22,

    /// <summary>Rreadlink.</summary>
    Rreadlink = 23,

    /// <summary>Tgetattr.</summary>
    Tgetattr = 24,

    /// <summary>Rgetattr.</summary>
    Rgetattr = 25,

    /// <summary>Tsetattr.</summary>
    Tsetattr = 26,

    /// <summary>Rsetattr.</summary>
    Rsetattr = 27,

    /// <summary>Txattrwalk.</summary>
    Txattrwalk = 30,

    /// <summary>Rxattrwalk.</summary>
    Rxattrwalk = 31,

    /// <summary>Txattrcreate.</summary>
    Txattrcreate = 32,

    /// <summary>Rxattrcreate.</summary>
    Rxattrcreate = 33,

    /// <summary>Treaddir.</summary>
    Treaddir = 40,

    /// <summary>Rreaddir.</summary>
    Rreaddir = 41,

    /// <summary>Tfsync.</summary>
    Tfsync = 50,

    /// <summary>Rfsync.</summary>
    Rfsync = 51,

    /// <summary>Tlock.</summary>
    Tlock = 52,

    /// <summary>Rlock.</summary>
    Rlock = 53,

    /// <summary>Tgetlock.</summary>
    Tgetlock = 54,

    /// <summary>Rgetlock.</summary>
    Rgetlock = 55,

    /// <summary>Tlink.</summary>
    Tlink = 70,

    /// <summary>Rlink.</summary>
    Rlink = 71,

    /// <summary>Tmkdir.</summary>
    Tmkdir = 72,

    /// <summary>Rmkdir.</summary>
    Rmkdir = 73,

    /// <summary>Trenameat.</summary>
    Trenameat = 74,

    /// <summary>Rrenameat.</summary>
    Rrenameat = 75,

    /// <summary>Tunlinkat.</summary>
    Tunlinkat = 76,

    /// <summary>Runlinkat.</summary>
    Runlinkat = 77,

    /// <summary>Tversion.</summary>
    Tversion = 100,

    /// <summary>Rversion.</summary>
    Rversion = 101,

    /// <summary>Tauth.</summary>
    Tauth = 102,

    /// <summary>Rauth.</summary>
    Rauth = 103,

    /// <summary>Tattach.</summary>
    Tattach = 104,

    /// <summary>Rattach.</summary>
    Rattach = 105,

    /// <summary>Tflush.</summary>
    Tflush = 108,

    /// <summary>Rflush.</summary>
    Rflush = 109,

    /// <summary>Twalk.</summary>
    Twalk = 110,

    /// <summary>Rwalk.</summary>
    Rwalk = 111,

    /// <summary>Tread.</summary>
    Tread = 116,

    /// <summary>Rread.</summary>
    Rread = 117,

    /// <summary>Twrite.</summary>
    Twrite = 118,

    /// <summary>Rwrite.</summary>
    Rwrite = 119,

    /// <summary>Tclunk.</summary>
    Tclunk = 120,

    /// <summary>Rclunk.</summary>
    Rclunk = 121,

    /// <summary>Tremove.</summary>
    Tremove = 122,

    /// <summary>Rremove.</summary>
    Rremove = 123,
}
