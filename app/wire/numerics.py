"""Numeric replies of RFC 2812, Modern IRC and IRCv3.

The names are those of the RFC where still in use, otherwise those of Modern IRC
(https://modern.ircdocs.horse/) or of the extension. The text is the default for the last parameter;
it is empty if the last parameter is data.
"""

from typing import NamedTuple

from app.wire.line import plain


class Numeric(NamedTuple):
    """A three-digit reply code and its default text."""

    code: str
    text: str = ""

    def format(self, server: str, nick: str, *params: str, text: str | None = None) -> str:
        """Format the reply line: nick, parameters, then `text` or the default text.

        `plain` is applied to the parameters, so that client input cannot inject further parameters.
        """
        words = [f":{server}", self.code, nick, *map(plain, params)]
        trailing = self.text if text is None else text
        if trailing or text is not None:
            words.append(":" + trailing)
        return " ".join(words)


# Welcome
RPL_WELCOME = Numeric("001")
RPL_YOURHOST = Numeric("002")
RPL_CREATED = Numeric("003")
RPL_MYINFO = Numeric("004")
RPL_ISUPPORT = Numeric("005", "are supported by this server")

# The server, its statistics and administrators
RPL_STATSCOMMANDS = Numeric("212")
RPL_STATSKLINE = Numeric("216")
RPL_ENDOFSTATS = Numeric("219", "End of STATS report")
RPL_UMODEIS = Numeric("221")
RPL_STATSDLINE = Numeric("225")
RPL_STATSUPTIME = Numeric("242")
RPL_STATSOLINE = Numeric("243")
RPL_LUSERCLIENT = Numeric("251")
RPL_LUSEROP = Numeric("252", "operators online")
RPL_LUSERUNKNOWN = Numeric("253", "connections not yet registered")
RPL_LUSERCHANNELS = Numeric("254", "channels formed")
RPL_LUSERME = Numeric("255")
RPL_ADMINME = Numeric("256", "Administrators of this server")
RPL_ADMINLOC1 = Numeric("257")
RPL_ADMINLOC2 = Numeric("258")
RPL_ADMINEMAIL = Numeric("259")
RPL_LOCALUSERS = Numeric("265")
RPL_GLOBALUSERS = Numeric("266")

# Users: AWAY, USERHOST, ISON, WHOIS, WHOWAS, WHO
RPL_AWAY = Numeric("301")
RPL_USERHOST = Numeric("302")
RPL_ISON = Numeric("303")
RPL_UNAWAY = Numeric("305", "You are no longer marked as away")
RPL_NOWAWAY = Numeric("306", "You are now marked as away")
RPL_WHOISREGNICK = Numeric("307", "is logged in as the owner of this nick")
RPL_WHOISUSER = Numeric("311")
RPL_WHOISSERVER = Numeric("312")
RPL_WHOISOPERATOR = Numeric("313", "is a server operator")
RPL_WHOWASUSER = Numeric("314")
RPL_ENDOFWHO = Numeric("315", "End of WHO list")
RPL_WHOISIDLE = Numeric("317", "seconds idle, signon time")
RPL_ENDOFWHOIS = Numeric("318", "End of WHOIS")
RPL_WHOISCHANNELS = Numeric("319")
RPL_WHOISACCOUNT = Numeric("330", "is logged in as")
RPL_WHOISBOT = Numeric("335", "is a bot")
RPL_WHOISCERTFP = Numeric("276")
RPL_WHOISSPECIAL = Numeric("320")
RPL_WHOISACTUALLY = Numeric("338", "is connecting from")
RPL_WHOREPLY = Numeric("352")
RPL_WHOSPCRPL = Numeric("354")
RPL_ENDOFWHOWAS = Numeric("369", "End of WHOWAS")
RPL_VISIBLEHOST = Numeric("396", "is now your displayed host")
RPL_WHOISSECURE = Numeric("671", "is using a secure connection")

# Channels: LIST, MODE, TOPIC, INVITE, NAMES and mask lists
RPL_LISTSTART = Numeric("321", "Users  Topic")
RPL_LIST = Numeric("322")
RPL_LISTEND = Numeric("323", "End of channel list")
RPL_CHANNELMODEIS = Numeric("324")
RPL_CREATIONTIME = Numeric("329")
RPL_NOTOPIC = Numeric("331", "No topic is set")
RPL_TOPIC = Numeric("332")
RPL_TOPICWHOTIME = Numeric("333")
RPL_INVITELIST = Numeric("336")
RPL_ENDOFINVITELIST = Numeric("337", "End of your invitations")
RPL_INVITING = Numeric("341")
RPL_INVEXLIST = Numeric("346")
RPL_ENDOFINVEXLIST = Numeric("347", "End of channel invite exception list")
RPL_EXCEPTLIST = Numeric("348")
RPL_ENDOFEXCEPTLIST = Numeric("349", "End of channel ban exception list")
RPL_NAMREPLY = Numeric("353")
RPL_ENDOFNAMES = Numeric("366", "End of NAMES list")
RPL_WORDLIST = Numeric("941")  # as in UnrealIRCd and InspIRCd
RPL_ENDOFWORDLIST = Numeric("940", "End of channel word filter list")
RPL_BANLIST = Numeric("367")
RPL_ENDOFBANLIST = Numeric("368", "End of channel ban list")

# VERSION, LINKS, INFO, MOTD, OPER, TIME
RPL_VERSION = Numeric("351")
RPL_LINKS = Numeric("364")
RPL_ENDOFLINKS = Numeric("365", "End of LINKS list")
RPL_INFO = Numeric("371")
RPL_MOTD = Numeric("372")
RPL_ENDOFINFO = Numeric("374", "End of INFO")
RPL_MOTDSTART = Numeric("375", "Message of the day")
RPL_ENDOFMOTD = Numeric("376", "End of message of the day")
RPL_YOUREOPER = Numeric("381", "You are now a server operator")
RPL_REHASHING = Numeric("382", "Reloading the configuration")
RPL_TIME = Numeric("391")

# Lookup, delivery and syntax errors
ERR_UNKNOWNERROR = Numeric("400", "The command failed")
ERR_NOSUCHNICK = Numeric("401", "No such nick or channel")
ERR_NOSUCHSERVER = Numeric("402", "No such server")
ERR_NOSUCHCHANNEL = Numeric("403", "No such channel")
ERR_CANNOTSENDTOCHAN = Numeric("404", "Cannot send to channel")
ERR_TOOMANYCHANNELS = Numeric("405", "You have joined too many channels")
ERR_WASNOSUCHNICK = Numeric("406", "There was no such nickname")
ERR_TOOMANYTARGETS = Numeric("407", "Too many recipients")
ERR_INVALIDCAPCMD = Numeric("410", "Unknown CAP subcommand")
ERR_NOTEXTTOSEND = Numeric("412", "No text to send")
ERR_BADMASK = Numeric("415", "Bad mask")
ERR_TOOMANYMATCHES = Numeric("416", "Too many results; use a narrower query")
ERR_INPUTTOOLONG = Numeric("417", "The line is too long")
ERR_UNKNOWNCOMMAND = Numeric("421", "Unknown command")
ERR_NOMOTD = Numeric("422", "No message of the day is set")
ERR_NOADMININFO = Numeric("423", "No administrative information is available")

# Nicks and registration
ERR_NONICKNAMEGIVEN = Numeric("431", "No nickname given")
ERR_ERRONEUSNICKNAME = Numeric("432", "This nickname is not allowed")
ERR_NICKNAMEINUSE = Numeric("433", "Nickname is already in use")
ERR_NOTREGISTERED = Numeric("451", "You have not registered")
ERR_NEEDMOREPARAMS = Numeric("461", "Not enough parameters")
ERR_ALREADYREGISTERED = Numeric("462", "You have already registered")
ERR_PASSWDMISMATCH = Numeric("464", "Password incorrect")
ERR_YOUREBANNEDCREEP = Numeric("465", "You are banned from this server")

# Channels
ERR_USERNOTINCHANNEL = Numeric("441", "They are not on that channel")
ERR_NOTONCHANNEL = Numeric("442", "You are not on that channel")
ERR_USERONCHANNEL = Numeric("443", "is already on that channel")
ERR_CHANNELISFULL = Numeric("471", "Cannot join channel: it is full (+l)")
ERR_UNKNOWNMODE = Numeric("472", "is not a mode of this server")
ERR_INVITEONLYCHAN = Numeric("473", "Cannot join channel: it is invite-only (+i)")
ERR_BANNEDFROMCHAN = Numeric("474", "Cannot join channel: you are banned (+b)")
ERR_BADCHANNELKEY = Numeric("475", "Cannot join channel: the key is wrong or missing (+k)")
ERR_NEEDREGGEDNICK = Numeric("477", "Log in to an account first (+R)")
ERR_BANLISTFULL = Numeric("478", "The list is full")
ERR_CHANOPRIVSNEEDED = Numeric("482", "You are not a channel operator")

# Operators and modes
ERR_NOPRIVILEGES = Numeric("481", "Permission denied: you are not a server operator")
ERR_CANTKILLSERVER = Numeric("483", "You cannot kill a server")
ERR_UMODEUNKNOWNFLAG = Numeric("501", "Unknown user mode")
ERR_USERSDONTMATCH = Numeric("502", "You can view and change only your own modes")
ERR_HELPNOTFOUND = Numeric("524", "No help is available for this topic")
ERR_INVALIDMODEPARAM = Numeric("696", "Invalid mode parameter")

# HELP
RPL_HELPSTART = Numeric("704")
RPL_HELPTXT = Numeric("705")
RPL_ENDOFHELP = Numeric("706", "End of help")

# MONITOR
RPL_MONONLINE = Numeric("730")
RPL_MONOFFLINE = Numeric("731")
RPL_MONLIST = Numeric("732")
RPL_ENDOFMONLIST = Numeric("733", "End of MONITOR list")
ERR_MONLISTFULL = Numeric("734", "Your MONITOR list is full")

# Metadata (IRCv3 draft/metadata-3 and its earlier versions)
RPL_WHOISKEYVALUE = Numeric("760")
RPL_KEYVALUE = Numeric("761")
RPL_METADATAEND = Numeric("762", "End of metadata")
RPL_KEYNOTSET = Numeric("766", "The key is not set")
RPL_METADATASUBOK = Numeric("770")
RPL_METADATAUNSUBOK = Numeric("771")
RPL_METADATASUBS = Numeric("772")
RPL_METADATASYNCLATER = Numeric("774", "Request it later with METADATA SYNC")

# Accounts and SASL (IRCv3 sasl)
RPL_LOGGEDIN = Numeric("900")
RPL_LOGGEDOUT = Numeric("901", "You are now logged out")
RPL_SASLSUCCESS = Numeric("903", "SASL authentication successful")
ERR_SASLFAIL = Numeric("904", "SASL authentication failed")
ERR_SASLTOOLONG = Numeric("905", "The SASL message is too long")
ERR_SASLABORTED = Numeric("906", "SASL authentication aborted")
RPL_SASLMECHS = Numeric("908", "are the available SASL mechanisms")
